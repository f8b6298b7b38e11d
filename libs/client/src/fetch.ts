/** As much of `fetch` as is used here: that of browsers and of Node fits, and so do the lighter ones of `node-fetch.ts`. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Answer>;

export interface FetchInit {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: FetchBody;
  signal?: AbortSignal;
  /** That of Node wants it with a stream. */
  duplex?: 'half';
}

export type FetchBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;

export type Answer = Pick<Response, 'ok' | 'status' | 'statusText' | 'body' | 'arrayBuffer' | 'text' | 'json'> & {
  headers: Pick<Headers, 'get'>;
};
