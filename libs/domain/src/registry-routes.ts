import { z } from 'zod';
import { endpoints } from './endpoints.ts';
import { Format, InstanceName, SuiteName } from './names.ts';
import { PageQuery } from './pages.ts';
import { RegistryPackage } from './registry.ts';
import {
  DifferencePage,
  DifferenceQuery,
  PublicationDetail,
  PublicationPage,
  RegistryCheck,
  RegistryCollection,
  RegistryDeletion,
  RegistryImport,
  RegistryPage,
  RegistryPromotion,
  RegistryQuery,
  RegistryRollback,
} from './registry-api.ts';
import type { Route } from './route.ts';
import { Task } from './task.ts';

const inInstance = z.object({ instance: InstanceName });
const inRepository = inInstance.extend({ format: Format, distribution: SuiteName });

/** What is asked for is done by the publisher: the answer is its task. */
const change = {
  action: 'registry-edit',
  scope: 'instance',
  params: inInstance,
  status: 202,
  response: Task,
} as const;
const look = { action: 'view', scope: 'instance', status: 200 } as const;

/** The part of the REST interface that is about repositories. */
export const registryRoutes = {
  registry: {
    ...look,
    ...endpoints.registry,
    summary: 'Published packages, now or in an earlier publication',
    params: inRepository,
    query: RegistryQuery,
    response: RegistryPage,
  },
  registryPackage: {
    ...look,
    ...endpoints.registryPackage,
    summary: 'Every published version of the packages of that name',
    params: inRepository.extend({ name: z.string().max(128) }),
    query: z.object({ derivative: SuiteName.optional(), revision: z.coerce.number().int().positive().optional() }),
    response: z.object({ packages: z.array(RegistryPackage) }),
  },
  publications: {
    ...look,
    ...endpoints.publications,
    summary: 'Publications of a repository, newest first',
    params: inRepository,
    query: PageQuery,
    response: PublicationPage,
  },
  publication: {
    ...look,
    ...endpoints.publication,
    summary: 'One publication with the tasks behind it and its indexes',
    params: inRepository.extend({ revision: z.coerce.number().int().positive() }),
    response: PublicationDetail,
  },
  registryDifference: {
    ...look,
    ...endpoints.registryDifference,
    summary: 'What differs between two publications, distributions or derivatives',
    params: inInstance,
    query: DifferenceQuery,
    response: DifferencePage,
  },
  deleteFromRegistry: {
    ...change,
    ...endpoints.deleteFromRegistry,
    summary: 'Withdraw an artifact from a repository',
    body: RegistryDeletion,
  },
  promote: {
    ...change,
    ...endpoints.promote,
    summary: 'Take packages over into another distribution or derivative, byte for byte',
    body: RegistryPromotion,
  },
  rollBack: {
    ...change,
    ...endpoints.rollBack,
    summary: 'Publish once more what an earlier publication held',
    body: RegistryRollback,
  },
  collectRegistry: {
    ...change,
    ...endpoints.collectRegistry,
    summary: 'Remove publications, indexes and packages that nobody needs any more',
    body: RegistryCollection,
  },
  checkRegistry: {
    ...change,
    ...endpoints.checkRegistry,
    summary: 'Read every published file again, tell what is damaged, and mend what can be',
    body: RegistryCheck,
  },
  importIntoRegistry: {
    ...change,
    ...endpoints.importIntoRegistry,
    summary: 'Take over the packages of another repository',
    body: RegistryImport,
  },
} as const satisfies Record<string, Route>;
