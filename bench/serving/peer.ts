/** The FastAPI server beside ours, where `--python PATH` names an interpreter that has what it needs. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../bin/stack/ports.ts'
import type { Harness } from '../harness.ts'
import { until, type Stage } from './stage.ts'
import { COLUMNS } from './tree-models.ts'

export async function withPeer(
  bench: Harness,
  { config, folder, models }: Stage,
  measure: (url: string, pid: number) => Promise<void>,
): Promise<void> {
  if (bench.python === undefined) {
    bench.note('peer:fastapi left out: no --python PATH was given')
    return
  }
  const model = join(folder, 'model.txt')
  writeFileSync(model, models.text)
  const [port = 0] = await freePorts('127.0.0.1', 1)
  const script = fileURLToPath(new URL('./serving_peer.py', import.meta.url))
  const job = JSON.stringify({ port, redis: config.redisUrl, model, columns: COLUMNS })
  const peer = spawn(bench.python, [script, job], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE', OMP_NUM_THREADS: '1' },
  })
  try {
    const url = `http://127.0.0.1:${port}`
    await until('FastAPI', async () => (await fetch(`${url}/health`)).ok)
    await measure(url, peer.pid ?? NaN)
  } finally {
    peer.kill('SIGTERM')
  }
}
