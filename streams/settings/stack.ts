/** Folders, ports and addresses of the local stack, or of the one that is given. */
import { z } from 'zod'
import { count, port, secret, setting, text } from './setting.ts'

export const STACK_SETTINGS = {
  dataDir: setting(
    'CANDLEWIRE_DATA_DIR',
    text.min(1),
    '.candlewire',
    'Where the local stack keeps its data, logs and process records.',
  ),
  libDir: setting(
    'CANDLEWIRE_LIB_DIR',
    text,
    '',
    'Where fetched artefacts are unpacked; empty: `lib` in the data directory.',
  ),
  mavenRepositoryUrl: setting(
    'MAVEN_REPOSITORY_URL',
    z.url(),
    'https://repo1.maven.org/maven2',
    'Repository for pinned artefacts where Maven is not installed.',
  ),
  host: setting(
    'CANDLEWIRE_HOST',
    text.min(1),
    '127.0.0.1',
    'Address the prediction server listens on. The local stores never leave loopback: they ask nobody for a password.',
  ),
  kafkaPort: setting('KAFKA_PORT', port, '29092', 'Port of the local broker.'),
  kafkaControllerPort: setting(
    'KAFKA_CONTROLLER_PORT',
    port,
    '29093',
    'Port of the local KRaft controller.',
  ),
  registryPort: setting(
    'SCHEMA_REGISTRY_PORT',
    port,
    '28081',
    'Port of the local schema registry.',
  ),
  redisPort: setting('REDIS_PORT', port, '26379', 'Port of the local Redis.'),
  clickhousePort: setting(
    'CLICKHOUSE_PORT',
    port,
    '28123',
    'Port of the local ClickHouse HTTP interface.',
  ),
  httpPort: setting('HTTP_PORT', port, '8080', 'Port of the prediction server and its page.'),
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    text,
    '',
    'host:port,... of an existing cluster; empty: the local broker.',
  ),
  registryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    text,
    '',
    'URL of an existing Confluent-compatible registry; empty: the local one.',
  ),
  redisUrl: secret('REDIS_URL', text, '', 'URL of an existing Redis; empty: the local one.'),
  clickhouseUrl: setting(
    'CLICKHOUSE_URL',
    text,
    '',
    'URL of an existing ClickHouse HTTP interface; empty: the local engine.',
  ),
  clickhouseUser: setting('CLICKHOUSE_USER', text.min(1), 'default', 'ClickHouse user.'),
  clickhousePassword: secret('CLICKHOUSE_PASSWORD', text, '', 'ClickHouse password.'),
  clickhouseDatabase: setting(
    'CLICKHOUSE_DATABASE',
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
    'candlewire',
    'ClickHouse database.',
  ),
  topicPartitions: setting(
    'TOPIC_PARTITIONS',
    count(1, 1000),
    '4',
    'Partitions of every partitioned topic when it is created.',
  ),
  replicationFactor: setting(
    'TOPIC_REPLICATION',
    count(1, 9),
    '1',
    'Replication factor of topics when they are created.',
  ),
} as const
