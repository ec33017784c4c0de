/**
 * What a route asks for where tokens are set. A route that is not named here is read if it only reads
 * (GET), and admin if not: a new route is closed until somebody opens it. A route may say it itself by
 * `config: { permission }`.
 */
import type { OpenGroup } from '../../streams/settings/serving.ts'
import type { Permission } from './caller.ts'

/** `open`: the pages themselves, which hold no data. */
export type RoutePermission = Permission | OpenGroup | 'open'

const RULES: readonly (readonly [RegExp, RoutePermission])[] = [
  [/^OPTIONS /, 'open'],
  [/^(GET|HEAD) \/($|simulator$|page\/|favicon\.ico$)/, 'open'],
  [/^\w+ \/session$/, 'open'],
  [/^(GET|HEAD) \/(v2\/)?health(\/|$)/, 'health'],
  [/^(GET|HEAD) \/metrics$/, 'metrics'],
  [/^(GET|HEAD) \/docs(\/|$)/, 'docs'],
  [/^POST \/predict(\/|$)/, 'predict'],
  [/^POST \/v2\/models\/.*\/(infer|predict)$/, 'predict'],
  [/^POST \/features\/historical$/, 'read'],
  [/^POST \/api\/(news|stream\/:kind)$/, 'ingest'],
  [/^(GET|HEAD) /, 'read'],
]

export function routePermission(method: string, url: string): RoutePermission {
  const route = `${method} ${url}`
  return RULES.find(([pattern]) => pattern.test(route))?.[1] ?? 'admin'
}
