// The real product, one process and one fresh data folder for each that is started.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BINARY = process.env.FREEHOLD_BINARY ?? new URL('../../target/debug/freehold', import.meta.url).pathname
const START_MS = 30_000

export const OPERATOR = { email: 'operator@freehold.example', password: 'Quiet-Harbour-Lantern-7' }
export const INITIAL = 'First-Light-Over-Hills-3'

export type Json = Record<string, unknown>

/** The command that a server is started by, where it is not the binary alone. */
export type By = (binary: string, folder: string) => string[]

export class Server {
  private process: ChildProcess | undefined
  private token: string | undefined
  url = ''
  readonly folder = mkdtempSync(join(tmpdir(), 'freehold-e2e-'))
  private readonly environment: Record<string, string>
  private readonly by: By

  private constructor(environment: Record<string, string>, by: By) {
    this.environment = environment
    this.by = by
  }

  /** A server on which the operator has signed in once and chosen a password. */
  static async begin(environment: Record<string, string> = {}, by?: By): Promise<Server> {
    const server = await Server.untouched(environment, by)
    const challenge = await server.post('/api/auth/login', { email: OPERATOR.email, password: INITIAL, grant: 'token' })
    await server.post('/api/auth/challenge', {
      challenge: challenge.challenge,
      session: challenge.session,
      newPassword: OPERATOR.password,
      grant: 'token',
    })
    return server
  }

  /** A server to which nobody has signed in: the operator has the password that they were given. */
  static async untouched(environment: Record<string, string> = {}, by: By = (binary) => [binary]): Promise<Server> {
    const server = new Server(environment, by)
    await server.start()
    return server
  }

  /** Starts the process on the same folder, and on the same port if it had one. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    const listen = this.url ? new URL(this.url).host : '127.0.0.1:0'
    const [command = BINARY, ...before] = this.by(BINARY, this.folder)
    const child = spawn(command, [...before, 'serve', '--data-dir', this.folder, '--listen', listen], {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.folder,
        FREEHOLD_ADMIN_EMAIL: OPERATOR.email,
        FREEHOLD_ADMIN_PASSWORD: INITIAL,
        // Each page that is opened renews its session; the limit has tests of its own.
        FREEHOLD_AUTH_REQUESTS_PER_FIVE_MINUTES: '0',
        FREEHOLD_USER_REQUESTS_PER_MINUTE: '0',
        FREEHOLD_ACCOUNT_REQUESTS_PER_MINUTE: '0',
        FREEHOLD_COSTLY_REQUESTS_PER_MINUTE: '0',
        FREEHOLD_LOG_LEVEL: 'error',
        FREEHOLD_CONSOLE_DIR: process.env.FREEHOLD_CONSOLE_DIR ?? '',
        ...this.environment,
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-4000)))
    this.process = child
    // Tokens name the address that they are from, and the first start was given none.
    this.token = undefined
    const written = this.inside('listen')
    await until(START_MS, `the server to start: ${said}`, async () => {
      if (child.exitCode !== null) throw new Error(`the server ended by itself: ${said}`)
      if (!existsSync(written)) return false
      this.url = `http://${readFileSync(written, 'utf8').trim()}`
      return (await fetch(`${this.url}/ready`).catch(() => undefined))?.ok ?? false
    })
  }

  /** Ends the process: gently, or as a crash would. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.process
    this.process = undefined
    if (!child || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
    rmSync(join(this.folder, 'listen'), { force: true })
  }

  get pid(): number {
    if (this.process?.pid === undefined) throw new Error('the server does not run')
    return this.process.pid
  }

  /** A file of the data folder as the process sees it: what is mounted there may be for its eyes alone. */
  inside(file: string): string {
    const seen = `/proc/${this.process?.pid}/root${this.folder}`
    return join(existsSync(seen) ? seen : this.folder, file)
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A call of the operator's. */
  async api<T = Json>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    this.token ??= await this.signIn(OPERATOR.email, OPERATOR.password)
    return (await this.call(method, path, body, { authorization: `Bearer ${this.token}`, ...headers })) as T
  }

  /** Ends every session of the operator's, those of browsers and the one of these calls. */
  async endSessions(): Promise<void> {
    await this.api('DELETE', '/api/users/me/sessions')
    this.token = undefined
  }

  /** An access token of somebody's. */
  async signIn(email: string, password: string): Promise<string> {
    const answer = await this.post('/api/auth/login', { email, password, grant: 'token' })
    return answer.accessToken as string
  }

  async post(path: string, body: unknown): Promise<Json> {
    return (await this.call('POST', path, body)) as Json
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

/** Waits for something to be so, looking every 30 ms, for a bounded time. */
export async function until(ms: number, what: string, so: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ms
  while (Date.now() < end) {
    if (await so()) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error(`waited ${ms} ms for ${what}`)
}
