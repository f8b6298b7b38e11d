import { readFile, writeFile } from 'node:fs/promises';
import { dearmor } from '@fatbuildr/domain/client-side';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { UsageError } from '../../output/report-error.ts';

export class KeyringExport extends FarmCommand<typeof KeyringExport> {
  static override summary = 'Print the public key; or, on the publisher’s host, a revocation certificate';
  static override flags = {
    binary: Flags.boolean({ description: 'As bytes, for /usr/share/keyrings', exclusive: ['revocation'] }),
    output: Flags.string({ char: 'o', description: 'Write to this file' }),
    revocation: Flags.boolean({ description: 'The certificate that revokes the key' }),
    key: Flags.string({ description: 'Of this fingerprint; by default of the current key', dependsOn: ['revocation'] }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    if (this.flags.revocation) return this.deliver(await this.revocation(id), 0o600);
    const { publicKey } = await this.client.keyring({ params: { instance: id } });
    if (!this.flags.binary) return this.deliver(publicKey, 0o644);
    if (this.flags.output === undefined && process.stdout.isTTY) {
      throw new UsageError('The key as bytes would upset the terminal.', 'Name a file with --output, or redirect.');
    }
    return this.deliver(dearmor(publicKey), 0o644);
  }

  /** It never travels through the api: who may read the publisher's files reads it there. */
  private async revocation(instance: string): Promise<string> {
    const { revocations } = await this.client.keyringFiles({ params: { instance } });
    const wanted = this.flags.key?.toUpperCase();
    const found = wanted === undefined ? revocations[0] : revocations.find(({ fingerprint }) => fingerprint === wanted);
    if (!found) {
      throw new UsageError(
        wanted === undefined
          ? `Instance ${instance} has no keyring yet.`
          : `Instance ${instance} has no key ${wanted}.`,
        'fatbuildrctl keyring show tells what there is.',
      );
    }
    return readFile(found.path, 'utf8').catch((error: Error) => {
      throw new UsageError(
        `The revocation certificate cannot be read here: ${error.message}`,
        `As root on the publisher's host: cat ${found.path}`,
      );
    });
  }

  private async deliver(content: string | Uint8Array, mode: number): Promise<void> {
    if (this.flags.output !== undefined) await writeFile(this.flags.output, content, { mode });
    else if (typeof content !== 'string') process.stdout.write(content);
    else this.print(this.flags.revocation ? { revocation: content } : { publicKey: content }, () => content);
  }
}
