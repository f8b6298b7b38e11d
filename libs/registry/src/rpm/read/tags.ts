/** Tags of the main header that repositories tell of (RPM file format, "Tags"). */
export const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  summary: 1004,
  description: 1005,
  buildTime: 1006,
  buildHost: 1007,
  size: 1009,
  vendor: 1011,
  license: 1014,
  packager: 1015,
  group: 1016,
  url: 1020,
  architecture: 1022,
  oldFilenames: 1027,
  fileModes: 1030,
  fileFlags: 1037,
  sourceRpm: 1044,
  archiveSize: 1046,
  changelogTime: 1080,
  changelogName: 1081,
  changelogText: 1082,
  sourcePackage: 1106,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  longSize: 5009,
  longArchiveSize: 271,
  payloadDigest: 5092,
} as const;

/** Of each kind of relation: names, flags, versions. */
export const RELATION_TAGS = {
  provides: [1047, 1112, 1113],
  requires: [1049, 1048, 1050],
  conflicts: [1054, 1053, 1055],
  obsoletes: [1090, 1114, 1115],
  recommends: [5046, 5048, 5047],
  suggests: [5049, 5051, 5050],
  supplements: [5052, 5054, 5053],
  enhances: [5055, 5057, 5056],
} as const satisfies Record<string, readonly [number, number, number]>;

export type RelationKind = keyof typeof RELATION_TAGS;

/** Sizes of the payload as the signature header tells them. */
export const SIGNATURE_TAG = { payloadSize: 1007, longPayloadSize: 271 } as const;
