/** Every version that has a role, as health and the page show it. */
import { warningOf } from './answering-model.ts'
import type { ModelFleet } from './model-fleet.ts'
import type { Role } from './route-table.ts'
import { answeredShare } from './traffic-split.ts'

export interface ShownModel {
  readonly name: string
  readonly version: string
  readonly algorithm: string
  readonly objective: string
  readonly horizonMinutes: number
  readonly role: Role
  /** Share of the keys it answers, 0 to 1. */
  readonly share: number
  readonly warning: string | null
}

export const shownModels = (fleet: ModelFleet): ShownModel[] =>
  [...fleet.table.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, routes]) =>
      routes.map((route) => {
        const { version, algorithm, objective, horizonMinutes } = route.loaded.version
        const share = answeredShare(routes, route)
        const warning = warningOf(route.role, route.loaded.version)
        return {
          name,
          version,
          algorithm,
          objective,
          horizonMinutes,
          role: route.role,
          share,
          warning,
        }
      }),
    )
