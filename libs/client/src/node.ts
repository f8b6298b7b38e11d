export { type ArrivingFile, arrivingFile } from './arriving-file.ts';
export { streamingFetch, unixFetch } from './node-fetch.ts';
