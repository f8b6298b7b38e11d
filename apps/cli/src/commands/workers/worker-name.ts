import * as Args from '@oclif/core/args';

/** The argument that names a build host. */
export const workerName = Args.string({ description: 'What the build host is called', required: true });
