import { aptFormat } from './apt/format.ts';
import type { RepositoryFormat } from './format.ts';
import type { PackageFormat } from './model/repository.ts';
import { imageFormat } from './osi/format.ts';
import { rpmFormat } from './rpm/format.ts';

/** Each is only ever given definitions of its own. */
export const FORMATS: Record<PackageFormat, RepositoryFormat> = { deb: aptFormat, rpm: rpmFormat, osi: imageFormat };
