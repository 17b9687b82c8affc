import '@swarma/client/puzzle-worker';
