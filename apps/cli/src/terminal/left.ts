/** The user left a shell that goes on. */
export class Left extends Error {}
