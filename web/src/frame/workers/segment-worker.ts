import '@swarma/client/segment-worker';
