/**
 * Which route answers a key. A key stays where it is as long as the weight does, on every server and
 * after every restart: it lies at a fixed point of [0, 1), the first 48 bits of
 * sha256(`modelName \0 key`), and the challenger answers the points below its weight. So a weight
 * that grows keeps the keys it has and adds some; one that shrinks gives some back.
 */
import { createHash } from 'node:crypto'
import { routeOf, type ModelRoutes, type Route } from './route-table.ts'

const BITS_48 = 2 ** 48

/** Point of a key, 0 to 1 without 1. */
export function trafficPoint(modelName: string, key: string): number {
  const digest = createHash('sha256').update(`${modelName}\0${key}`).digest()
  return digest.readUIntBE(0, 6) / BITS_48
}

/** The route that answers a key, or undefined if there is none at all. */
export function answeringRoute(
  modelName: string,
  routes: ModelRoutes,
  key: string,
): Route | undefined {
  const champion = routeOf(routes, 'champion')
  const challenger = routeOf(routes, 'challenger')
  if (champion === undefined || challenger === undefined) return routes[0]
  if (challenger.weight <= 0) return champion
  return trafficPoint(modelName, key) < challenger.weight ? challenger : champion
}

/** Share of the keys that a route answers, 0 to 1. */
export function answeredShare(routes: ModelRoutes, route: Route): number {
  const champion = routeOf(routes, 'champion')
  const challenger = routeOf(routes, 'challenger')
  if (champion === undefined || challenger === undefined) return route === routes[0] ? 1 : 0
  if (route === challenger) return challenger.weight
  return route === champion ? 1 - challenger.weight : 0
}
