// Of seedrandom.ts: @types/seedrandom knows the package's index alone, which loads six generators and node:crypto.
declare module 'seedrandom/lib/alea.js' {
  import type seedrandom from 'seedrandom';
  const alea: typeof seedrandom.alea;
  export default alea;
}
