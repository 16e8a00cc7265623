/** Version of leash, equal to package.json's (a test holds them together). */
export const LEASH_VERSION = '0.2.0';
