/**
 * Which loaded version does what, for every model name. The table is never changed: a swap replaces
 * it as a whole, so a request or a batch sees one state of it.
 *
 * - champion: answers, but for the share of the challenger;
 * - challenger: answers its weight's share of the keys (see traffic-split.ts); weight 0 only scores;
 * - shadow: scored beside the others; it answers only where there is neither of them, and says so.
 */
import type { LoadedModel } from './loaded-model.ts'

/** In the order in which they answer where the one before is missing. */
export const ROLES = ['champion', 'challenger', 'shadow'] as const
export type Role = (typeof ROLES)[number]

export const isRole = (name: string): name is Role => (ROLES as readonly string[]).includes(name)

export interface Route {
  readonly role: Role
  /** Share of the keys it is to answer, 0 to 1. */
  readonly weight: number
  readonly loaded: LoadedModel
}

/** The routes of one model name, at most one a role, in the order of {@link ROLES}. */
export type ModelRoutes = readonly Route[]

export type RouteTable = ReadonlyMap<string, ModelRoutes>

export const routeOf = (routes: ModelRoutes, role: Role): Route | undefined =>
  routes.find((route) => route.role === role)

/** Each version once, under its first role: a version that is champion and shadow is scored once. */
export const distinctVersions = (routes: ModelRoutes): readonly Route[] =>
  routes.filter(
    ({ loaded }, index) => routes.findIndex((other) => other.loaded === loaded) === index,
  )
