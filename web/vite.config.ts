import { defineConfig } from 'vite';

/** The words of a feature are a chunk for each language: player-en-<hash>.js. */
function chunkName({ facadeModuleId }: { facadeModuleId: string | null }): string {
  const [, feature, language] = /\/messages\/(\w+)\/(\w+)\.json$/.exec(facadeModuleId ?? '') ?? [];
  return feature && language ? `assets/${feature}-${language}-[hash].js` : 'assets/[name]-[hash].js';
}

// The result is embedded into the program: no source maps, no inlined assets (CSP), content-hashed names, and nothing
// that differs between two builds of the same sources.
export default defineConfig({
  base: '/',
  build: {
    target: ['chrome137', 'firefox130', 'safari17'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: { output: { chunkFileNames: chunkName } },
  },
  worker: { format: 'es' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:8080' } } },
});
