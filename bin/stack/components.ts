/** The four stores, in the order in which they are shown. */
import { clickhouseEngine } from './clickhouse-engine.ts'
import type { Component } from './component.ts'
import { kafkaBroker } from './kafka-broker.ts'
import { redisServer } from './redis-server.ts'
import { registryServer } from './registry-server.ts'

export const COMPONENTS: readonly Component[] = [
  kafkaBroker,
  registryServer,
  redisServer,
  clickhouseEngine,
]
