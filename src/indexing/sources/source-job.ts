import type { JobContext } from '../../jobs/job-handler.port.ts';
import type { JobRequest } from '../../jobs/jobs.service.ts';
import type { UserSource } from './document-source.types.ts';

/** A job about all that a user has in one source; of each kind at most one is open for each of them. */
export function sourceJob(
  kind: string,
  { userId, source }: UserSource,
  parameters: Readonly<Record<string, unknown>> = {},
): JobRequest {
  return { userId, kind, parameters: { ...parameters, source }, exclusivityKey: source };
}

/** What a job is about. */
export function userSourceOf({ userId, parameters }: Pick<JobContext, 'userId' | 'parameters'>): UserSource {
  const { source } = parameters;
  if (typeof source !== 'string') throw new Error('The job names no source');
  return { userId, source };
}
