/** The table of services in `docs/ARCHITECTURE.md`. */
import type { AnyTopic } from '../../streams/topics.ts'
import { SERVICE_FLOWS } from './topic-flow.ts'

const names = (topics: readonly AnyTopic[]): string =>
  topics
    .filter(({ name }) => !name.endsWith('.state.v1'))
    .map(({ name }) => name.replace('.v1', ''))
    .join(', ')

export const servicesTable = (): string =>
  '| service | does | reads | writes | state | more processes |\n|---|---|---|---|---|---|\n' +
  SERVICE_FLOWS.map(
    ({ name, does, reads, writes, state, scales }) =>
      `| \`${name}\` | ${does} | ${names(reads)} | ${names(writes)} | ${state} | ${scales} |\n`,
  ).join('')
