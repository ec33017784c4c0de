/**
 * The HTTP application: every route, nothing that listens. `server.ts` brings it to a port; tests
 * call it with `inject`.
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import websocket from '@fastify/websocket'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { controlAccess } from './access/access-control.ts'
import { docsPolicy, limitRate, protect } from './access/protections.ts'
import { sessionRoutes } from './access/session-routes.ts'
import { limitTime } from './access/time-limit.ts'
import { withCommonFailures } from './http/common-failures.ts'
import type { AppDependencies } from './http/dependencies.ts'
import { answer, answerErrors, errorSchema } from './http/error-answers.ts'
import { healthRoutes } from './http/health-routes.ts'
import { historicalRoute } from './http/historical-route.ts'
import { historyRoute } from './http/history-route.ts'
import { lineageRoute } from './http/lineage-route.ts'
import { marketRoutes } from './http/market-routes.ts'
import { metricsRoute } from './http/metrics-route.ts'
import { modelControlRoutes } from './http/model-control-routes.ts'
import { modelRoutes } from './http/model-routes.ts'
import { monitorRoutes } from './http/monitor-routes.ts'
import { monitorStateRoute } from './http/monitor-state-route.ts'
import { newsIntakeRoute } from './http/news-intake-route.ts'
import { driftRoutes } from './http/drift-routes.ts'
import { newsRoute } from './http/news-route.ts'
import { markOptionalBodies } from './http/optional-bodies.ts'
import { pageDriftRoutes } from './http/page-drift-routes.ts'
import { pageLibraryRoute } from './http/page-library-route.ts'
import { pageMarketRoutes } from './http/page-market-routes.ts'
import { pageModelRoutes } from './http/page-model-routes.ts'
import { pagePipelineRoute } from './http/page-pipeline-route.ts'
import { pageQualityRoutes } from './http/page-quality-routes.ts'
import { pageTrialRoute } from './http/page-trial-route.ts'
import { proofsRoute } from './http/proofs-route.ts'
import { pageRoutes } from './http/page-routes.ts'
import { predictRoute } from './http/predict-route.ts'
import { simulatorRoute } from './http/simulator-route.ts'
import { streamRoutes } from './http/stream-routes.ts'
import { openInferenceRoutes } from './open-inference/v2-routes.ts'
import { trainingRoutes } from './http/training-routes.ts'

/** A vector of 76 named features is 3 KB. */
const BODY_BYTES_MAX = 64 * 1024
/** Longer than what any schema allows, so that it is the schema that refuses. */
const PARAM_LENGTH_MAX = 4_000
/** Clients of the streams say what they want: 64 instruments, and a position. */
const CLIENT_MESSAGE_BYTES_MAX = 16 * 1024

export async function buildApp(deps: AppDependencies): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = deps.logger
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    requestTimeout: deps.access.requestTimeoutMs,
    forceCloseConnections: 'idle',
    // Types in bodies are taken as they are: "5" is not 5, and a property too much is an error.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  })
  app.addSchema(errorSchema)
  answerErrors(app)
  limitTime(app, deps.access.requestTimeoutMs)
  await protect(app, deps.access)
  // Before access is controlled: it ends the socket of an upgrade that is refused.
  await app.register(websocket, {
    options: { maxPayload: CLIENT_MESSAGE_BYTES_MAX },
    // A broken frame is the fault of a client, which is closed with the code that says so.
    errorHandler: (error, socket, request) => {
      request.log.debug({ cause: error.message }, 'A WebSocket failed')
      socket.terminate()
    },
  })
  controlAccess(app, deps.access)
  await limitRate(app, deps.access)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Candlewire',
        description:
          'Live market predictions. Not investment advice. The WebSocket `/ws/market-stream` ' +
          'takes the parameters and sends the events of `/sse/market-stream`.',
        version: deps.version,
      },
    },
    transform: ({ schema, url, route }) => ({
      schema: schema.hide === true ? schema : withCommonFailures(schema, route),
      url,
    }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      markOptionalBodies(document.openapiObject.paths ?? {})
      return document.openapiObject
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${i}`,
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: docsPolicy,
    // Without the bar on top: there is one document, and its logo brings a style in markup.
    uiConfig: { layout: 'BaseLayout' },
  })
  metricsRoute(app, deps.metrics)
  await app.register(async (routes) => {
    healthRoutes(routes, deps)
    predictRoute(routes, deps)
    modelRoutes(routes, deps)
    modelControlRoutes(routes, deps)
    marketRoutes(routes, deps)
    historyRoute(routes, deps)
    historicalRoute(routes, deps)
    newsRoute(routes, deps)
    driftRoutes(routes, deps)
    monitorRoutes(routes, deps)
    monitorStateRoute(routes, deps)
    lineageRoute(routes, deps)
    newsIntakeRoute(routes, deps)
    simulatorRoute(routes, deps)
    streamRoutes(routes, deps)
    trainingRoutes(routes, deps)
    await openInferenceRoutes(routes, deps)
    sessionRoutes(routes, deps.access)
    proofsRoute(routes, deps)
    pageMarketRoutes(routes, deps)
    pageQualityRoutes(routes, deps)
    pageDriftRoutes(routes, deps)
    pageModelRoutes(routes, deps)
    pagePipelineRoute(routes, deps)
    pageTrialRoute(routes, deps)
    pageLibraryRoute(routes)
    await pageRoutes(routes)
  })
  return app
}
