export { default, type Argv, type Options } from 'yargs';
