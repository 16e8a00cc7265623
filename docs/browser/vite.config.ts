import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const project = fileURLToPath(new URL('../../', import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  server: { fs: { allow: [project] } },
  build: {
    outDir: `${project}dist/browser`,
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
  },
});
