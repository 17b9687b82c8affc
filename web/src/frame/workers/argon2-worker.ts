import '@swarma/client/argon2-worker';
