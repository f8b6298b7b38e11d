import type { Action, TokenView } from '@fatbuildr/domain';
import { ACTIONS } from '@fatbuildr/domain/client-side';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { table } from '../../output/table.ts';
import { dateTime, day } from '../../output/units.ts';
import { parseValidity } from '../../validity.ts';

export class TokensCreate extends FarmCommand<typeof TokensCreate> {
  static override summary = 'Create an access token; it is printed this once';
  static override args = { name: Args.string({ description: 'What it is for', required: true }) };
  static override flags = {
    action: Flags.string({
      description: 'What it allows: view, build and cancel by default',
      options: ACTIONS,
      multiple: true,
      multipleNonGreedy: true,
    }),
    role: Flags.string({ description: 'A role of policy.yml, which says what it allows', exclusive: ['action'] }),
    'for-instance': Flags.string({ description: 'The only instance it is good for; by default all' }),
    duration: Flags.string({ description: 'Validity from now: 90d, 12w, 6m, 2y', default: '1y' }),
  };

  async run(): Promise<void> {
    const { action, role, duration } = this.flags;
    const created = await this.client.createToken({
      body: {
        name: this.args.name,
        instance: this.flags['for-instance'] ?? '*',
        validityDays: parseValidity(duration),
        ...(action ? { actions: action as Action[] } : {}),
        ...(role === undefined ? {} : { role }),
      },
    });
    this.say(
      `Token ${created.id}, for ${rightsOf(created)} until ${day(created.expires)}. Keep it: it is not shown again.`,
    );
    this.print(created, () => `${created.token}\n`);
  }
}

function rightsOf({ role, actions }: Pick<TokenView, 'role' | 'actions'>): string {
  return role === null ? actions.join(',') : `role ${role}`;
}

export class TokensList extends FarmCommand<typeof TokensList> {
  static override summary = 'List access tokens, without their secrets';

  async run(): Promise<void> {
    const { tokens } = await this.client.tokens({});
    this.print(tokens, () =>
      table(
        ['ID', 'NAME', 'INSTANCE', 'ALLOWS', 'EXPIRES', 'LAST USED'],
        tokens.map((token) => [
          token.id,
          token.name,
          token.instance,
          rightsOf(token),
          day(token.expires),
          dateTime(token.lastUsed) || 'never',
        ]),
      ),
    );
  }
}

export class TokensRevoke extends FarmCommand<typeof TokensRevoke> {
  static override summary = 'Revoke an access token, at once';
  static override args = { token: Args.string({ description: 'Its id', required: true }) };

  async run(): Promise<void> {
    await this.client.revokeToken({ params: { token: this.args.token } });
    this.say(`Token ${this.args.token} is revoked.`);
  }
}
