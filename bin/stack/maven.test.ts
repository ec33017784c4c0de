import { expect, it } from 'vitest'
import { ARTEFACT_NAMES, readArtefact } from './artefact-lock.ts'
import { coordinatesOf } from './maven.ts'

it('reads coordinates out of repository paths', () => {
  expect(
    coordinatesOf({
      path: 'io/apicurio/apicurio-registry-app/3.0.9/apicurio-registry-app-3.0.9-all.tar.gz',
    }),
  ).toEqual({
    group: 'io.apicurio',
    artifact: 'apicurio-registry-app',
    version: '3.0.9',
    classifier: 'all',
    type: 'tar.gz',
  })
  expect(coordinatesOf({ path: 'org/apache/kafka/kafka_2.13/4.3.1/kafka_2.13-4.3.1.jar' })).toEqual(
    {
      group: 'org.apache.kafka',
      artifact: 'kafka_2.13',
      version: '4.3.1',
      classifier: undefined,
      type: 'jar',
    },
  )
  expect(() => coordinatesOf({ path: 'not/a/repository.jar' })).toThrow()
})

it('finds coordinates for every locked file', () => {
  for (const name of ARTEFACT_NAMES) {
    for (const file of readArtefact(name).files) {
      expect(coordinatesOf(file).type).toMatch(/^(jar|tar\.gz)$/)
      expect(file.sha256).toMatch(/^[0-9a-f]{64}$/)
    }
  }
})
