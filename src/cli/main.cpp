#include "cli/program.h"

int main(int argc, char** argv) {
  return swarma::cli::run(argc, argv);
}
