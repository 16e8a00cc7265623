export { default, type Argv } from 'yargs';
