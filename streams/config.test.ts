import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig, SETTINGS } from './config.ts'

describe('configuration', () => {
  it('has usable defaults and derives local addresses', () => {
    const config = loadConfig({})
    expect(config.kafkaBrokers).toBe('127.0.0.1:29092')
    expect(config.external).toEqual({
      kafka: false,
      registry: false,
      redis: false,
      clickhouse: false,
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('knows which services are given', () => {
    const config = loadConfig({ KAFKA_BROKERS: 'a:1,b:2', CLICKHOUSE_URL: 'http://c:8123' })
    expect(config.kafkaBrokers).toBe('a:1,b:2')
    expect(config.external).toMatchObject({ kafka: true, clickhouse: true, redis: false })
  })

  it('names every bad variable at once and never shows a secret', () => {
    const load = () =>
      loadConfig({ KAFKA_PORT: '99999', SESSION_ZONE: 'Mars/Base', TOPIC_PARTITIONS: '0' })
    expect(load).toThrow(/KAFKA_PORT="99999".*TOPIC_PARTITIONS="0".*SESSION_ZONE="Mars\/Base"/)
  })

  it('takes an empty variable as unset', () => {
    expect(loadConfig({ HTTP_PORT: '' }).httpPort).toBe(8080)
  })

  it('gives every setting a variable of its own and a sentence', () => {
    const entries = Object.values(SETTINGS)
    expect(new Set(entries.map((entry) => entry.env)).size).toBe(entries.length)
    for (const { doc } of entries) expect(doc).toMatch(/\.$/)
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
    for (const { env } of entries) expect(example).toContain(`#${env}=`)
  })
})
