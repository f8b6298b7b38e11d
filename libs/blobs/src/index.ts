export { type BlobStore, blobPath, openBlobs, type Stored, TooLargeError } from './blobs.ts';
export { OffsetError, type Partials } from './partials.ts';
