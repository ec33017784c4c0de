/** Metrics of the machine and of Redis, by the names this field gives them; the server exports them. */
import { gauge } from '../metric-definition.ts'

const catalogue = true as const

export const SYSTEM_METRICS = {
  cpuPercent: gauge('system_cpu_percent', {
    help: 'Share of all cores that was busy since the scrape before, 0 to 100.',
    unit: 'percent',
    catalogue,
  }),
  ramUsed: gauge('system_ram_used_mb', {
    help: 'Memory of the machine that is not available, 1 MB = 1,000,000 bytes.',
    unit: 'MB',
    catalogue,
  }),
  ramRatio: gauge('candlewire_system_ram_used_ratio', {
    help: 'The same as a share of the memory, 0 to 1.',
    unit: 'ratio',
  }),
  diskUsed: gauge('system_disk_used_mb', {
    help: 'Used on the disk of the data directory, 1 MB = 1,000,000 bytes.',
    unit: 'MB',
    catalogue,
  }),
  diskRatio: gauge('candlewire_system_disk_used_ratio', {
    help: 'The same as a share of the disk, 0 to 1.',
    unit: 'ratio',
  }),
  redisUp: gauge('redis_up', {
    help: '1 if Redis answered at this scrape, else 0.',
    catalogue,
  }),
  redisKeys: gauge('redis_keys_total', {
    help: 'Keys in the database of Redis; 0 while it does not answer.',
    catalogue,
  }),
} as const
