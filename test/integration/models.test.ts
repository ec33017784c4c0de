/** The registry on the real broker: one writer at a time, the command line, and everything a fold. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportToMlflow } from '../../bin/models/mlflow-export.ts'
import { aliasTarget } from '../../processors/models/model-aliases.ts'
import { versionsOf } from '../../processors/models/model-registry.ts'
import { readRegistryState } from '../../processors/models/read-registry.ts'
import {
  withRegistryWriter,
  type RegistryConnection,
} from '../../processors/models/registry-writer.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import type { ModelEvent } from '../../schemas/generated.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { modelEventsTopic, modelVersionsTopic } from '../../streams/topics.ts'
import { publishModels } from '../../training/publish-models.ts'
import { builtProgram } from '../support/built-programs.ts'
import { testClients, testConfig, until } from '../support/kafka-client.ts'
import { MlflowServer } from '../support/mlflow-server.ts'
import { publishedModel } from '../support/published-model.ts'

const { config, logger, kafka, reader } = testClients({})
const modelName = `models_test_${randomUUID().slice(0, 8)}`
const GATE = {
  passed: false,
  reasons: ['It does not beat the zero forecast.'],
  significance: 0.01,
  trials: 1,
  pValueVsZero: 0.4,
  pValueVsChampion: null,
  championVersion: null,
  deflatedSharpe: null,
  backtestOverfitting: null,
}
let connection: RegistryConnection

beforeAll(async () => {
  await reader.connect()
  connection = { kafka, reader, logger, codecs: await connectCodecs(config) }
})
afterAll(() => reader.disconnect())

const publish = (n: number, passed: boolean, championVersion: string | null = null) =>
  withRegistryWriter(connection, modelName, (producer, state) => {
    const gate = { ...GATE, passed, championVersion }
    const { version, artifact } = publishedModel(n, { modelName, gate })
    const { codecs } = connection
    const model = { version, onnx: artifact.content, profile: null, isSelected: true }
    const times = { eventTimeMs: 1_700_000_000_000 + n, decidedAtMs: Date.now() }
    return publishModels({ producer, codecs, state, logger }, [model], times)
  })

const state = () => readRegistryState(reader, connection.codecs)
const aliases = async () => {
  const { registry } = await state()
  return Object.fromEntries(
    ['champion', 'challenger', 'shadow'].map((alias) => {
      const target = aliasTarget(registry, modelName, alias)
      return [alias, target === undefined ? null : [target.version, target.weight]]
    }),
  )
}

async function cli(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const program = builtProgram('bin/cli', ['models', ...args])
  const child = spawn(program.command, program.args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

describe('publishing', () => {
  it('makes no champion of what the gate refused: it becomes the shadow, with the reasons', async () => {
    const { selected, alias, reasons } = await publish(0, false)
    expect([selected.version, alias, reasons]).toEqual(['1.0.0', 'shadow', GATE.reasons])
    expect(await aliases()).toEqual({ champion: null, challenger: null, shadow: ['1.0.0', 0] })
  })

  it('makes a champion of what passed against the present one, and only then', async () => {
    expect((await publish(1, true)).alias).toBe('champion')
    expect(await aliases()).toEqual({ champion: ['1.1.0', 1], challenger: null, shadow: null })
    // Judged against nothing, while there is a champion by now.
    const late = await publish(2, true)
    expect(late.alias).toBe('shadow')
    expect(late.reasons.at(-1)).toContain('the champion is 1.1.0 by now')
    expect((await publish(3, true, '1.1.0')).alias).toBe('champion')
    expect(await aliases()).toMatchObject({ champion: ['1.3.0', 1], shadow: null })
  })

  it('numbers versions once, however many write at a time', async () => {
    const published = await Promise.all([4, 5, 6].map((n) => publish(n, false)))
    const numbers = published.map(({ selected }) => selected.version).sort()
    expect(numbers).toEqual(['1.4.0', '1.5.0', '1.6.0'])
    const { registry } = await state()
    expect(versionsOf(registry, modelName).map(({ artifactOffset }) => artifactOffset)).toEqual([
      ...new Set(versionsOf(registry, modelName).map(({ artifactOffset }) => artifactOffset)),
    ])
  })
})

describe('candlewire models', () => {
  it('decides, refuses with the ways there are, and tells what was live when', async () => {
    const before = new Date().toISOString()
    const moved = await cli('alias', `${modelName}/1.4.0`, '--as', 'challenger', '--weight', '0.25')
    expect(moved, moved.err).toMatchObject({ code: 0 })
    expect(await aliases()).toMatchObject({
      champion: ['1.3.0', 0.75],
      challenger: ['1.4.0', 0.25],
    })

    const refused = await cli('promote', `${modelName}@champion`, '--to', 'archive')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('TRANSITION_REFUSED')
    expect(refused.err).toContain('make another version champion first, or roll back')

    const back = await cli('rollback', '--model', modelName, '--reason', 'too quiet', '--json')
    expect(JSON.parse(back.out)).toMatchObject([
      { kind: 'rolled_back', version: '1.1.0', fromVersion: '1.3.0', reason: 'too quiet' },
    ] satisfies Partial<ModelEvent>[])

    const at = await cli('at', before, '--json')
    const then = (JSON.parse(at.out) as { modelName: string; aliases: object }[]).find(
      (each) => each.modelName === modelName,
    )
    expect(then?.aliases).toMatchObject({ champion: { version: '1.3.0', weight: 1 } })

    const list = await cli('list', '--model', modelName)
    expect(list.out).toMatch(/1\.1\.0 +production +champion +ar7_ridge .*0\.11000 +0\.10000/)
    const wrong = await cli('promote', `${modelName}/9.9.9`, '--to', 'live')
    expect(wrong.code).toBe(2)
  }, 120_000)
})

describe('the registry', () => {
  it('comes back from the topics when the ClickHouse database is deleted', async () => {
    const own = testConfig({ CLICKHOUSE_DATABASE: `models_${randomUUID().slice(0, 8)}` })
    const query = async () => {
      const store = new ClickHouse(own)
      const sql = (table: string, columns: string) =>
        `SELECT ${columns} FROM ${table} FINAL WHERE model_name = {modelName:String} ORDER BY source_offset`
      const rows = await Promise.all([
        store.query(sql('model_versions', 'key, kind, stage, alias, weight, version'), {
          modelName,
        }),
        store.query(sql('model_events', 'kind, version, from_stage, to_stage, alias, decided_at'), {
          modelName,
        }),
      ]).finally(() => store.close())
      return rows
    }
    const { history } = await state()
    const wanted = history.events.filter(({ event }) => event.modelName === modelName).length
    const filled = async () => {
      const topics = [modelVersionsTopic, modelEventsTopic]
      const groupId = `models-test-${randomUUID()}`
      const { codecs } = connection
      const sink = await runClickHouseSink({ config: own, kafka, codecs, logger, topics, groupId })
      await until('the events in ClickHouse', async () => (await query())[1].length === wanted)
      await sink.stop()
      return query()
    }
    const first = await filled()
    const server = new ClickHouse(own, 'default')
    await server.command(`DROP DATABASE ${own.clickhouseDatabase}`)
    expect(await filled()).toEqual(first)
    await server.command(`DROP DATABASE ${own.clickhouseDatabase}`)
    await server.close()
    const kinds = (first[0] as { kind: string }[]).map(({ kind }) => kind)
    expect(new Set(kinds)).toEqual(new Set(['version', 'stage', 'alias']))
  }, 120_000)

  it('is copied to an MLflow server once', async () => {
    const server = new MlflowServer()
    const url = await server.listen()
    const { registry, history } = await state()
    const versions = versionsOf(registry, modelName)
    const copy = () => exportToMlflow(url, { registry, history }, versions, connection)
    expect(await copy()).toEqual({ created: 7, known: 0, aliases: 3, files: true })
    const there = server.models.get(modelName) ?? []
    expect(there.map(({ current_stage: stage }) => stage)).toEqual([
      ...['Staging', 'Production', 'Staging', 'Production', 'Staging', 'Staging', 'Staging'],
    ])
    expect(there.map((each) => each.aliases)).toEqual([
      ...[[], ['champion'], [], [], ['challenger'], [], ['shadow']],
    ])
    const run = server.runs.get(there[0]?.run_id ?? '')
    expect(run?.metrics).toMatchObject({ 'test.rmse': 0.11, 'test.zeroRmse': 0.1 })
    expect(run?.info['status']).toBe('FINISHED')
    expect([...server.files.values()][0]).toEqual(publishedModel(0).artifact.content)
    expect(await copy()).toEqual({ created: 0, known: 7, aliases: 3, files: true })
    await server.close()
    await expect(copy()).rejects.toMatchObject({ code: 'EXPORT_FAILED' })
  })
})
