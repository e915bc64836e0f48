import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Below these, light-dark() is rewritten to variables that only a media query sets; the scheme is an attribute here.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy takes no data: fonts.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/health', '/ready', '/metrics', '/docs', '/.well-known'].map((path) => [
        path,
        process.env.FREEHOLD_SERVER ?? 'http://127.0.0.1:8080',
      ]),
    ),
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'tools/*.test.mjs'],
    setupFiles: ['src/test.setup.ts'],
  },
})
