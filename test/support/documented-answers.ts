/** The OpenAPI document of a running server, and whether answers are what it says. */
import fastify from 'fastify'

interface Described {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}

interface Operation {
  readonly responses: Readonly<Record<string, Described>>
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: object
}

export interface Answered {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

export class DocumentedAnswers {
  private readonly document: ApiDocument
  private readonly compile: (schema: object) => (value: unknown) => string | undefined

  private constructor(document: ApiDocument, compile: DocumentedAnswers['compile']) {
    this.document = document
    this.compile = compile
  }

  static async of(url: string): Promise<DocumentedAnswers> {
    const response = await fetch(`${url}/docs/json`)
    return new DocumentedAnswers((await response.json()) as ApiDocument, await compiler())
  }

  /** As `GET /path`. */
  get operations(): string[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
  }

  /** What is wrong with an answer of an operation; undefined: it is as documented. */
  faultOf(operation: string, answer: Answered): string | undefined {
    const [method = '', path = ''] = operation.split(' ')
    const described = this.document.paths[path]?.[method.toLowerCase()]?.responses[answer.status]
    if (described === undefined) return `status ${answer.status} is not documented`
    const type = answer.contentType.split(';')[0]?.trim() ?? ''
    const schema = described.content?.[type]?.schema
    if (schema === undefined) return `${answer.status} as ${type} is not documented`
    if (type !== 'application/json') return undefined
    const { components } = this.document
    return this.compile({ ...schema, components })(JSON.parse(answer.text))
  }
}

/** Fastify's validator, for schemas of answers: nothing is coerced, removed or filled in. */
async function compiler(): Promise<DocumentedAnswers['compile']> {
  const app = fastify({
    ajv: {
      customOptions: {
        ...{ coerceTypes: false, removeAdditional: false, useDefaults: false },
        ...{ allowUnionTypes: true, strict: false, allErrors: true },
      },
    },
  })
  let compile: DocumentedAnswers['compile'] = () => () => 'never compiled'
  app.get('/', (request) => {
    compile = (schema) => {
      const check = request.compileValidationSchema(schema)
      return (value) => {
        if (check(value)) return undefined
        const faults = check.errors ?? []
        return faults.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')
      }
    }
    return {}
  })
  await app.inject('/')
  return compile
}
