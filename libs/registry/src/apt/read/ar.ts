import type { Bytes } from '../../reading/bytes.ts';

/** A member of an ar archive: where its bytes are in the file. */
export interface ArMember {
  name: string;
  offset: number;
  size: number;
}

/** A file that is not what its name says; the message tells why, for the packager. */
export class UnreadablePackage extends Error {
  override name = 'UnreadablePackage';
}

const MAGIC = '!<arch>\n';
const HEADER = 60;
/** dpkg makes three members; more may be added, by signers for instance. */
const MOST_MEMBERS = 32;

/**
 * The members of a Debian binary package's outer archive (deb(5)): short names only, nothing but members and padding.
 *
 * @throws UnreadablePackage
 */
export async function readArMembers(file: Bytes): Promise<ArMember[]> {
  if ((await readText(file, 0, MAGIC.length)) !== MAGIC) throw new UnreadablePackage('not an ar archive');
  const members: ArMember[] = [];
  let position = MAGIC.length;
  while (position < file.size) {
    if (members.length === MOST_MEMBERS) throw new UnreadablePackage(`more than ${MOST_MEMBERS} ar members`);
    const member = parseHeader(await readText(file, position, HEADER), position);
    if (member.offset + member.size > file.size) {
      throw new UnreadablePackage(`the ar member "${member.name}" is cut off: the file ends before it does`);
    }
    members.push(member);
    position = member.offset + member.size + (member.size % 2);
  }
  return members;
}

function parseHeader(header: string, position: number): ArMember {
  const match = /^([!-.0-~]+)\/? *$/.exec(header.slice(0, 16));
  const size = /^(\d{1,10}) *$/.exec(header.slice(48, 58));
  if (header.length < HEADER || header.slice(58) !== '`\n' || !match || !size) {
    throw new UnreadablePackage(`no ar member header at byte ${position}`);
  }
  return { name: match[1] as string, offset: position + HEADER, size: Number(size[1]) };
}

async function readText(file: Bytes, position: number, length: number): Promise<string> {
  return (await file.read(position, length)).toString('latin1');
}
