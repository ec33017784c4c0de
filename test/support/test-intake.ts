/** Where posted articles go in tests of the application: into a list. */
import type { News } from '../../schemas/generated.ts'
import type { NewsIntake } from '../../serving/http/dependencies.ts'

export interface TestIntake extends NewsIntake {
  readonly published: News[]
}

export function testIntake(overrides: Partial<NewsIntake> = {}): TestIntake {
  const published: News[] = []
  return {
    published,
    publish: (articles) => {
      published.push(...articles)
      return Promise.resolve()
    },
    defaultInstrument: 'SPX500_USD',
    simulationSeed: 1,
    token: '',
    isLocal: true,
    ...overrides,
  }
}
