/** Stores as a test wants them: all up, or some away. */
import {
  DEPENDENCIES,
  type Dependencies,
  type DependencyName,
} from '../../serving/stores/dependency-watch.ts'

export const withAway = (...gone: readonly DependencyName[]): Dependencies => ({
  isUp: (name) => !gone.includes(name),
  away: (names = DEPENDENCIES) => names.filter((name) => gone.includes(name)),
})

export const ALL_UP = withAway()
