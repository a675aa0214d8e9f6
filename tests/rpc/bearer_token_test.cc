#include "server/rpc/bearer_token.h"

#include "tests/support/status_matchers.h"

namespace traind {
namespace {

TEST(BearerTokenTest, TheRightTokenPasses) {
  EXPECT_OK(CheckBearerToken("Bearer s3cret", "s3cret"));
}

TEST(BearerTokenTest, TheSchemeIsNotCaseSensitive) {  // RFC 7235, section 2.1
  EXPECT_OK(CheckBearerToken("bearer s3cret", "s3cret"));
}

TEST(BearerTokenTest, AMissingTokenSaysHowToSendOne) {
  EXPECT_THAT(CheckBearerToken("", "s3cret"),
              StatusIs(absl::StatusCode::kUnauthenticated, "`authorization: Bearer <token>`"));
}

TEST(BearerTokenTest, AnotherSchemeIsRefused) {
  EXPECT_THAT(CheckBearerToken("Basic s3cret", "s3cret"),
              StatusIs(absl::StatusCode::kUnauthenticated, "no bearer token"));
}

TEST(BearerTokenTest, NothingButTheWholeTokenPasses) {
  for (const char* guess : {"Bearer ", "Bearer s", "Bearer s3cre", "Bearer s3crets3cret",
                            "Bearer s3creT", "Bearer  s3cret", "Bearer s3cret "}) {
    EXPECT_THAT(CheckBearerToken(guess, "s3cret"),
                StatusIs(absl::StatusCode::kUnauthenticated, "not this server's"))
        << guess;
  }
}

TEST(BearerTokenTest, TheRefusalDoesNotTellTheToken) {
  EXPECT_EQ(CheckBearerToken("Bearer guess", "s3cret").message().find("s3cret"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace traind
