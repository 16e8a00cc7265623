import fc from 'fast-check';

// One seed for every property, chosen in vitest.config.ts. What fails prints it, and the path to its counterexample.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.LEASH_TEST_SEED) });
