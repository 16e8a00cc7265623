export { destination, type Logger, pino } from 'pino';
