// What an answer that is not a success says, in the one shape that every page shows.
import type { components } from './schema.gen'

type Problem = components['schemas']['Problem']
export type ProblemCode = Problem['code'] | 'unreachable' | 'unexpected'

/** A place in what was sent, such as `/licenses/0/startDate`, and what is wrong there. */
export type FieldError = { pointer: string; message: string }

export class ApiError extends Error {
  readonly status: number
  readonly code: ProblemCode
  readonly requestId: string | undefined
  readonly help: string | undefined
  readonly fields: FieldError[]
  /** Seconds. */
  readonly retryAfter: number | undefined

  private constructor(message: string, rest: Omit<ApiError, 'name' | 'message' | 'stack' | 'cause' | 'passing'>) {
    super(message)
    this.name = 'ApiError'
    this.status = rest.status
    this.code = rest.code
    this.requestId = rest.requestId
    this.help = rest.help
    this.fields = rest.fields
    this.retryAfter = rest.retryAfter
  }

  static of(response: Response, body: unknown): ApiError {
    const requestId = response.headers.get('x-request-id') ?? undefined
    if (isProblem(body)) {
      return new ApiError(body.detail, {
        status: response.status,
        code: body.code,
        requestId: body.requestId,
        help: body.help ?? undefined,
        fields: body.errors ?? [],
        retryAfter: body.retryAfter ?? undefined,
      })
    }
    // Something between here and the server answered in its stead.
    return new ApiError(`the server answered ${response.status} ${response.statusText}`.trim(), {
      status: response.status,
      code: 'unexpected',
      requestId,
      help: undefined,
      fields: [],
      retryAfter: undefined,
    })
  }

  static unreachable(): ApiError {
    return new ApiError('the server can’t be reached', {
      status: 0,
      code: 'unreachable',
      requestId: undefined,
      help: 'check the connection; nothing was lost, and what you typed is still here',
      fields: [],
      retryAfter: undefined,
    })
  }

  /** For an id that no record can have: there is nothing to ask the server. */
  static missing(): ApiError {
    return new ApiError('there is no record with this id', {
      status: 404,
      code: 'not_found',
      requestId: undefined,
      help: undefined,
      fields: [],
      retryAfter: undefined,
    })
  }

  /** Trying again later may help without anything being changed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
}

/** A sentence: the API writes details in lower case and without a full stop, so that they can stand in others. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}
