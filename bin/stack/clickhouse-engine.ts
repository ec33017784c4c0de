/** ClickHouse: the embedded engine behind one process of ours that speaks its HTTP interface. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LOOPBACK } from '../../streams/config.ts'
import type { Component } from './component.ts'
import { httpOk } from './http-ok.ts'
import { nodeProgram } from './node-program.ts'

export const clickhouseEngine: Component = {
  name: 'clickhouse',
  title: 'ClickHouse',
  needsJava: false,
  bootTimeoutMs: 120_000,
  ports: (config) => [{ port: config.clickhousePort, variable: 'CLICKHOUSE_PORT' }],
  address: (config) => withoutPassword(config.clickhouseUrl),
  async prepare(config) {
    const folder = join(config.dataDir, 'clickhouse')
    await mkdir(folder, { recursive: true })
    return {
      name: 'clickhouse',
      stage: 'store',
      port: config.clickhousePort,
      stopTimeoutMs: 60_000,
      ...nodeProgram('bin/stack/clickhouse-server', [
        '--host',
        LOOPBACK,
        '--port',
        String(config.clickhousePort),
        '--path',
        folder,
        '--log-level',
        config.logLevel,
      ]),
      // Queries block a thread of libuv's pool each; its default of four would leave none for files.
      environment: { UV_THREADPOOL_SIZE: '16' },
    }
  },
  isHealthy: (config) => httpOk(`${config.clickhouseUrl.replace(/\/+$/, '')}/ping`),
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
