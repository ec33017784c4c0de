/** The machine and the processes on it. */
import { chart, prom, stat, type Board } from '../panel-kit.ts'

export const systemBoard: Board = {
  name: 'system',
  title: 'Candlewire: system',
  about: 'Processor, memory, disk and Redis, and what each service takes of them.',
  panels: [
    stat(
      { title: 'Processor', about: 'Busy share of all cores; the limit is 85 %.', unit: 'percent' },
      prom('system_cpu_percent', 'busy'),
    ),
    stat(
      { title: 'Memory', about: 'Share in use; the limit is 85 %.', unit: 'percentunit' },
      prom('candlewire_system_ram_used_ratio', 'used'),
    ),
    stat(
      { title: 'Disk', about: 'Of the data directory; the limit is 85 %.', unit: 'percentunit' },
      prom('candlewire_system_disk_used_ratio', 'used'),
    ),
    stat({ title: 'Redis', about: '1 if it answers.' }, prom('redis_up', 'up')),
    stat({ title: 'Redis keys', about: 'In its database.' }, prom('redis_keys_total', 'keys')),
    stat(
      { title: 'Version', about: 'Of the services.' },
      prom('count by (version) (candlewire_service_info)', '{{version}}'),
    ),
    chart(
      { title: 'Services', about: '1 where a service answers.', max: 1 },
      prom('min by (service) (up{job="candlewire"})', '{{service}}'),
    ),
    chart(
      { title: 'Processor', about: 'Busy share of the machine.', unit: 'percent', max: 100 },
      prom('system_cpu_percent', 'machine'),
    ),
    chart(
      { title: 'Processor by service', about: 'Cores in use.' },
      prom(
        'sum by (service) (rate(process_cpu_seconds_total{job="candlewire"}[$__rate_interval]))',
        '{{service}}',
      ),
    ),
    chart(
      { title: 'Memory by service', about: 'Resident.', unit: 'bytes' },
      prom('sum by (service) (process_resident_memory_bytes{job="candlewire"})', '{{service}}'),
    ),
    chart(
      { title: 'Memory and disk', about: 'In use, 1 MB is 1,000,000 bytes.', unit: 'decmbytes' },
      prom('system_ram_used_mb', 'memory'),
      prom('system_disk_used_mb', 'disk'),
    ),
    chart(
      { title: 'Event loop, p99', about: 'How long it stands still at a time.', unit: 's' },
      prom('max by (service) (nodejs_eventloop_lag_p99_seconds{job="candlewire"})', '{{service}}'),
    ),
    chart(
      { title: 'Garbage collection', about: 'Share of the time.', unit: 'percentunit' },
      prom(
        'sum by (service) (rate(nodejs_gc_duration_seconds_sum{job="candlewire"}[$__rate_interval]))',
        '{{service}}',
      ),
    ),
    chart(
      { title: 'Warnings and errors in the logs', about: 'Lines a minute.' },
      prom(
        'sum by (service, level) (rate(candlewire_log_lines_total[5m])) * 60',
        '{{service}} {{level}}',
      ),
    ),
    chart(
      {
        title: 'Local ClickHouse',
        about: 'Requests a second, by status, and their p99 in seconds.',
      },
      prom(
        'sum by (status) (rate(candlewire_clickhouse_request_seconds_count[$__rate_interval]))',
        '{{status}}',
      ),
      prom(
        'histogram_quantile(0.99, sum by (le) (rate(candlewire_clickhouse_request_seconds_bucket[$__rate_interval])))',
        'p99 s',
      ),
    ),
  ],
}
