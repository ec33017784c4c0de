/** Holds the Kubernetes example to the code: settings, ports, probes, commands, and each other's names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { SERVICES } from '../bin/services.ts'
import { SETTINGS } from '../streams/config.ts'
import { scrapedSeries } from './support/known-series.ts'

const root = join(import.meta.dirname, '..', 'kubernetes')
const base = join(root, 'base')
const production = join(root, 'overlays/production')

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Container {
  readonly name: string
  readonly args: readonly string[]
  readonly image: string
  readonly envFrom: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly resources: { readonly limits: { memory: string }; readonly requests: { cpu: string } }
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly replicas?: number
    readonly selector?: { readonly matchLabels?: Record<string, string> } & Record<string, unknown>
    readonly template?: {
      readonly metadata: {
        readonly labels: Record<string, string>
        readonly annotations?: Record<string, string>
      }
      readonly spec: {
        readonly containers: readonly [Container]
        readonly volumes: readonly { readonly name: string }[]
        readonly securityContext: { readonly runAsNonRoot: boolean }
      }
    }
    readonly scaleTargetRef?: { readonly name: string }
    readonly maxReplicas?: number
    readonly metrics?: readonly { external: { metric: { name: string } } }[]
    readonly ports?: readonly { readonly targetPort: string }[]
    readonly rules?: readonly {
      http: { paths: readonly { backend: { service: { name: string; port: { name: string } } } }[] }
    }[]
  }
}
interface Kustomization {
  readonly resources: readonly string[]
  readonly configMapGenerator: readonly { name: string; envs?: string[]; literals?: string[] }[]
  readonly images?: readonly { readonly name: string }[]
  readonly replicas?: readonly { readonly name: string }[]
}

const kustomizationOf = (folder: string) =>
  parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization
const manifestsOf = (folder: string): Manifest[] =>
  kustomizationOf(folder)
    .resources.filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
        expect(document.errors, file).toEqual([])
        return document.toJS() as Manifest
      }),
    )
const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

const manifests = [...manifestsOf(base), ...manifestsOf(production)]
const named = (kind: string) => manifests.filter((each) => each.kind === kind)
const deployments = named('Deployment')
const known = new Set(Object.values(SETTINGS).map(({ env }) => env))
const settings = new Map(
  linesOf(join(base, 'settings.env')).map((line) => line.split(/=(.*)/) as [string, string]),
)

describe.each([base, production])('%s', (folder) => {
  it('names resources that exist, and has no file that is not named', () => {
    const { resources } = kustomizationOf(folder)
    for (const resource of resources) expect(existsSync(join(folder, resource))).toBe(true)
    const files = readdirSync(folder).filter((file) => /\.yaml$/.test(file))
    expect(files.sort()).toEqual(
      [...resources.filter((file) => file.endsWith('.yaml')), 'kustomization.yaml'].sort(),
    )
  })

  it('sets settings that exist, and none that is secret', () => {
    const generated = kustomizationOf(folder).configMapGenerator.flatMap(
      ({ envs = [], literals = [] }) => [
        ...envs.flatMap((file) => linesOf(join(folder, file))),
        ...literals,
      ],
    )
    expect(generated.length).toBeGreaterThan(0)
    const secrets = Object.values(SETTINGS).flatMap((entry) => ('secret' in entry ? entry.env : []))
    for (const line of generated) {
      expect(known).toContain(line.split('=')[0])
      expect(secrets).not.toContain(line.split('=')[0])
    }
  })
})

describe.each(deployments.map((each) => [each.metadata.name, each] as const))(
  'Deployment %s',
  (name, { spec }) => {
    const [container] = spec.template?.spec.containers ?? []
    if (container === undefined) throw new Error(`${name} has no container`)

    it('runs a service that exists', () => {
      const [command, service = ''] = container.args
      if (command === 'run') expect([...SERVICES.keys()]).toContain(service)
      else expect(container.args).toEqual(['serve'])
    })

    it('selects its own pods', () => {
      expect(spec.template?.metadata.labels).toMatchObject(spec.selector?.matchLabels ?? {})
      expect(spec.selector?.matchLabels).toEqual({ 'app.kubernetes.io/name': name })
    })

    it('takes settings and secrets, and nothing else but settings', () => {
      expect(container.envFrom).toEqual([
        { configMapRef: { name: 'candlewire-settings' } },
        { secretRef: { name: 'candlewire-secrets' } },
      ])
      for (const variable of container.env ?? []) expect(known).toContain(variable.name)
    })

    it('is probed on the port that its settings give, by paths that are answered', () => {
      const isServer = container.args[0] === 'serve'
      const port = Number(settings.get(isServer ? 'HTTP_PORT' : 'METRICS_PORT'))
      expect(container.ports?.map(({ containerPort }) => containerPort)).toEqual([port])
      expect(spec.template?.metadata.annotations?.['prometheus.io/port']).toBe(String(port))
      const answered = isServer ? ['/health', '/health/ready', '/metrics'] : ['/health', '/metrics']
      for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
        expect(answered, kind).toContain(container[kind]?.httpGet.path)
        expect(container[kind]?.httpGet.port).toBe(container.ports?.[0]?.name)
      }
    })

    it('has no rights, limits, and mounts that exist', () => {
      expect(spec.template?.spec.securityContext.runAsNonRoot).toBe(true)
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true)
      expect(container.resources.limits.memory).toMatch(/^\d+[MG]i$/)
      const volumes = spec.template?.spec.volumes.map((volume) => volume.name)
      for (const mount of container.volumeMounts) expect(volumes).toContain(mount.name)
    })
  },
)

describe('what refers to something else', () => {
  const names = deployments.map(({ metadata }) => metadata.name)

  it('finds it: budgets, autoscaling, services, the ingress, the overlay', () => {
    for (const { spec } of named('PodDisruptionBudget'))
      expect(names).toContain(spec.selector?.matchLabels?.['app.kubernetes.io/name'])
    for (const { spec } of named('Service'))
      expect(names).toContain((spec.selector as Record<string, string>)['app.kubernetes.io/name'])
    for (const { spec } of named('HorizontalPodAutoscaler'))
      expect(names).toContain(spec.scaleTargetRef?.name)
    const services = named('Service').map(({ metadata }) => metadata.name)
    for (const { spec } of named('Ingress'))
      for (const { backend } of spec.rules?.flatMap(({ http }) => http.paths) ?? [])
        expect(services).toContain(backend.service.name)
    for (const { name } of kustomizationOf(production).replicas ?? []) expect(names).toContain(name)
  })

  it('scales by metrics that there are, and not beyond the partitions', () => {
    const scalers = named('HorizontalPodAutoscaler')
    expect(scalers.length).toBe(2)
    for (const { spec } of scalers) {
      for (const { external } of spec.metrics ?? [])
        expect([...scrapedSeries()]).toContain(external.metric.name)
      expect(spec.maxReplicas).toBeLessThanOrEqual(Number(settings.get('TOPIC_PARTITIONS')))
    }
  })

  it('has every service of the pipeline', () => {
    const grouped = ['all', 'alerting', 'sinks', 'oanda', 'news-sources']
    const single = [...SERVICES.keys()].filter((name) => !grouped.includes(name))
    expect([...names].sort()).toEqual([...single, 'server'].sort())
  })
})
