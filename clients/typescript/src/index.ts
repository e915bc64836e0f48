/** A client of Freehold's API: openapi-fetch over the types of the API document. */
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './schema.js'

export type { components, operations, paths } from './schema.js'

/** A type of the API document: `Schema<'Account'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

/** Why a request was refused (RFC 9457). `code` is stable. */
export type Problem = Schema<'Problem'>

export type Freehold = Client<paths>

export interface Options {
  /** Where Freehold is: `https://freehold.example`. */
  baseUrl: string
  /** The access token, or what gives the present one for each request. */
  token?: string | (() => string | Promise<string>)
  fetch?: (request: Request) => Promise<Response>
}

/** A client that sends the access token. Its methods return `{ data }` or `{ error }`; {@link unwrap} throws the error. */
export function createFreehold({ baseUrl, token, fetch }: Options): Freehold {
  const client = createClient<paths>(fetch ? { baseUrl, fetch } : { baseUrl })
  if (token === undefined) return client
  client.use({
    async onRequest({ request }) {
      request.headers.set('authorization', `Bearer ${typeof token === 'string' ? token : await token()}`)
      return request
    },
  })
  return client
}

/** A refusal as an error, with its problem document. */
export class FreeholdError extends Error {
  override readonly name = 'FreeholdError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.help ? `${problem.detail} (${problem.help})` : problem.detail)
    this.problem = problem
  }

  get code(): Problem['code'] {
    return this.problem.code
  }
}

/** The data of an answer. Throws a {@link FreeholdError} for a refusal, and an `Error` for an answer that is not Freehold's. */
export async function unwrap<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<NonNullable<Data>> {
  const { data, error, response } = await answer
  if (!response.ok) {
    if (isProblem(error)) throw new FreeholdError(error)
    throw new Error(`${response.url} answered ${response.status} without a problem document`)
  }
  return data as NonNullable<Data>
}

/** Whether an error of an answer is a problem document; a proxy in between can answer something else. */
export function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'requestId' in error && 'detail' in error
}
