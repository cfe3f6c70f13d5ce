using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Tests.Security.Masking;

[TestFixture]
public sealed class MaskedExceptionTests
{
    private static readonly SecretMasker Masker = new(["secret-value"]);

    [Test]
    public void One_that_quotes_a_secret_is_printed_without_it()
    {
        var masked = MaskedException.Of(new InvalidOperationException("outer", new IOException("no secret-value")), Masker);

        Assert.That(masked.ToString(), Does.Contain("outer").And.Contain("no ***").And.Not.Contain("secret-value"));
    }

    [Test]
    public void One_that_fails_when_it_is_asked_for_its_text_is_named()
    {
        var masked = MaskedException.Of(new BrokenException(), Masker);

        Assert.That(masked.ToString(), Does.Contain(nameof(BrokenException)));
        Assert.That(masked.Message, Does.Contain(nameof(BrokenException)));
    }

    [Test]
    public void One_whose_message_alone_fails_is_masked()
    {
        var masked = MaskedException.Of(new BrokenException { Text = "a secret-value" }, Masker);

        Assert.That(masked.ToString(), Is.EqualTo("a ***"));
        Assert.That(masked.Message, Does.Contain(nameof(BrokenException)));
    }

    [Test]
    public void Without_a_secret_none_is_asked()
    {
        var exception = new BrokenException();

        Assert.That(MaskedException.Of(exception, SecretMasker.None), Is.SameAs(exception));
    }

    private sealed class BrokenException : Exception
    {
        public string? Text { get; init; }

        public override string Message => throw new NotSupportedException();

        public override string ToString() => Text ?? throw new NotSupportedException();
    }
}
