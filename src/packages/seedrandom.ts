export { default } from 'seedrandom/lib/alea.js';
