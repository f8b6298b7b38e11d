import { z } from 'zod';

/** Pages: at most 200 entries; `next` is the cursor of the following page, also given as a `Link` header. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
});
