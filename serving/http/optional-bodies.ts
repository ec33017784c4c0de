/**
 * Says in the OpenAPI which bodies may be left out: those that may be null. The generator calls every
 * body required.
 */
interface Operation {
  readonly requestBody?: {
    required?: boolean
    readonly content?: Readonly<Record<string, { readonly schema?: { readonly type?: unknown } }>>
  }
}

/** Changes the document. @param paths of an OpenAPI document */
export function markOptionalBodies(paths: Readonly<Record<string, object | undefined>>): void {
  for (const operations of Object.values(paths))
    for (const { requestBody } of Object.values(operations ?? {}) as Operation[]) {
      const type = requestBody?.content?.['application/json']?.schema?.type
      if (requestBody !== undefined && Array.isArray(type) && type.includes('null'))
        requestBody.required = false
    }
}
