import { expect, it } from 'vitest'
import { loadConfig } from '../../streams/config.ts'
import { SERVER, serviceSpecs } from './service-specs.ts'

it('has the server mean the instrument of the run where a request names none', () => {
  const config = { ...loadConfig({}), instrument: 'SIM_SPX500_USD' }
  const specs = serviceSpecs(config, 'Simulated data')
  const given = specs.filter(({ environment }) => environment?.['INSTRUMENT'] !== undefined)
  // What processors do with records is a setting of the installation, not of a run.
  expect(given.map(({ name }) => name)).toEqual([SERVER])
  expect(given[0]?.environment).toEqual({ INSTRUMENT: 'SIM_SPX500_USD', MALLOC_ARENA_MAX: '2' })
})
