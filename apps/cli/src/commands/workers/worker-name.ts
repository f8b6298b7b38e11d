import { Args } from '@oclif/core';

/** The argument that names a build host. */
export const workerName = Args.string({ description: 'What the build host is called', required: true });
